"""What users give: texts, files and pictures, as tensors."""
