"""One classifier, judged: what is measured on each image, which of three states follows, and the page that says so."""
