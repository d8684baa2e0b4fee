"""How long what is kept, and how it is destroyed so that the log still proves that it was there."""
