"""The proven lower bound (下界): whole-item knapsacks per hub, prices by subgradient, at every size."""
