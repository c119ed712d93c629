"""What several pages show: the frame around them, and how closed sets look."""
