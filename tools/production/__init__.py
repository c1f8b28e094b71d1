"""`make production-test`: a production from an empty folder, by the own commands of docs/operations.md."""
