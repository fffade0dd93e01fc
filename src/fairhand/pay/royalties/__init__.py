"""Royalties: what people are owed when what they made is licensed or trained on."""
