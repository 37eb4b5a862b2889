/** Tokens of JSON, for the exec form. Nesting is checked by the caller, without recursion. */
lexer grammar JsonLexer;

OPEN_ARRAY : '[' ;
CLOSE_ARRAY : ']' ;
OPEN_OBJECT : '{' ;
CLOSE_OBJECT : '}' ;
COMMA : ',' ;
COLON : ':' ;
LITERAL : 'true' | 'false' | 'null' ;
NUMBER : '-'? ('0' | [1-9] [0-9]*) ('.' [0-9]+)? ([eE] [+-]? [0-9]+)? ;
STRING : '"' (~["\\\u0000-\u001f] | '\\' (["\\/bfnrt] | 'u' HEX HEX HEX HEX))* '"' ;
BLANK : [ \t\r\n]+ -> skip ;
OTHER : . ;

fragment HEX : [0-9a-fA-F] ;
