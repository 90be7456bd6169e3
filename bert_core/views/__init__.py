"""Results turned into what people and files want: tables, figures, records, reports."""
