"""Letters by mail: what there is to tell, who wants it, and what is on its way."""
