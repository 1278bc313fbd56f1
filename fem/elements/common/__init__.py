"""What weak forms share: building an operator from materials and domains, and the L2 product."""
