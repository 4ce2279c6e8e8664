// What stands before these scripts: javascript.py prints it.

declare const arithmetic: Record<string, Row>;
declare const DIVISION: string;
declare const NEGATIVE_POWER: string;
