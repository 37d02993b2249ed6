# Completion of updsts for fish. The program prints a value and its description in each line; fish quotes the value.
complete --keep-order --exclusive --command updsts --arguments "(_UPDSTS_COMPLETE=fish command updsts -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null)"
