"""How loops become machine code (编译), and where that is kept."""
