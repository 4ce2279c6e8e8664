// What stands before these scripts: javascript.py prints it.

declare const arithmetic: Record<string, any>;
