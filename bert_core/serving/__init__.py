"""What a server needs beside the answers: requests and their limits, documents, events, meters."""
