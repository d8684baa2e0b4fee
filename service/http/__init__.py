"""What both doors share: who is asking, who may ask what, and how errors are answered."""
