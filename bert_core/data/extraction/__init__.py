"""The text of a document that a visitor sends: .txt, .md, .pdf, .docx and .html."""
