/**
 * Tokens of JSON (RFC 8259), for the exec form. Nesting is checked by the caller, without recursion.
 * Characters are those of FoldedCharStream; \u0005 is any control character but tab, vertical tab,
 * form feed, carriage return and newline.
 */
lexer grammar JsonLexer;

OPEN_ARRAY : '[' ;
CLOSE_ARRAY : ']' ;
OPEN_OBJECT : '{' ;
CLOSE_OBJECT : '}' ;
COMMA : ',' ;
COLON : ':' ;
LITERAL : 'true' | 'false' | 'null' ;
NUMBER : '-'? ('0' | [1-9] [0-9]*) ('.' [0-9]+)? ([eE] [+-]? [0-9]+)? ;
STRING : '"' (~["\\\u0005\t\u000b\f\r\n] | '\\' (["\\/bfnrt] | 'u' HEX HEX HEX HEX))* '"' ;
BLANK : [ \t\r\n]+ -> skip ;
/** Not JSON; the caller stops here, so that what follows is never read. */
OTHER : . ;

fragment HEX : [0-9a-fA-F] ;
