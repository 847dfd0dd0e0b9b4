"""What is computed together: equations become calls over many samples."""
