"""How good a trained model is, measured on what people said and it has not seen; all of it pure."""
