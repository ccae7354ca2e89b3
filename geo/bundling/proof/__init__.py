"""The proof (求解证明): every package that could still matter, made when prices ask for it, and no other."""
