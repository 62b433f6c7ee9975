"""The paper's claims, and the objections to them: `evidence` lists them, `accuracies` and `subsets` judge, `page` writes."""
