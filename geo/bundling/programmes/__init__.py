"""The best plan out of given packages (集合划分): whole-number programmes, in HiGHS or by looking at all."""
