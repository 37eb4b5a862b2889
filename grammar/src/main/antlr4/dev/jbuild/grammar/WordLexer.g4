/**
 * A word in which variables, quotes and escapes mean something. A mode stack, not recursion, follows
 * the nesting of ${...}; what a closing brace gives back is up to the caller.
 *
 * Characters are those of FoldedCharStream. Where quotes are ordinary text (heredoc bodies), the
 * stream has them folded to \u0004. In every mode any character starts some token.
 */
lexer grammar WordLexer;

SINGLE : '\'' ~[']* '\'' ;
SINGLE_OPEN : '\'' ~[']* ;
QUOTE : '"' -> pushMode(QUOTED) ;
VARIABLE : '$' VARIABLE_NAME ;
OPEN : '${' -> pushMode(BRACE) ;
DOLLAR : '$' ;
ESCAPE : '\\' . ;
ESCAPE_END : '\\' ;
TEXT : ~[$'"\\]+ ;

/** After "${". */
mode BRACE;

NAME : VARIABLE_NAME -> mode(OPERATOR_OR_CLOSE) ;
NAMELESS_OPERATOR : [+%] -> type(OPERATOR), mode(ALTERNATIVE) ;
NAMELESS_REPLACE : '/' '/'? -> type(REPLACE), mode(PATTERN) ;
BAD_NAME : . ;

mode OPERATOR_OR_CLOSE;

CLOSE : '}' -> popMode ;
OPERATOR : (':' [+?] | ':-' | [+?#%] | '-') -> mode(ALTERNATIVE) ;
REPLACE : '/' '/'? -> mode(PATTERN) ;
BAD_OPERATOR : ':' .? | . ;

/** The word after an operator, up to the closing brace. */
mode ALTERNATIVE;

ALTERNATIVE_SINGLE : '\'' ~[']* '\'' -> type(SINGLE) ;
ALTERNATIVE_SINGLE_OPEN : '\'' ~[']* -> type(SINGLE_OPEN) ;
ALTERNATIVE_QUOTE : '"' -> type(QUOTE), pushMode(QUOTED) ;
ALTERNATIVE_VARIABLE : '$' VARIABLE_NAME -> type(VARIABLE) ;
ALTERNATIVE_OPEN : '${' -> type(OPEN), pushMode(BRACE) ;
ALTERNATIVE_DOLLAR : '$' -> type(DOLLAR) ;
ALTERNATIVE_ESCAPE : '\\' . -> type(ESCAPE) ;
ALTERNATIVE_ESCAPE_END : '\\' -> type(ESCAPE_END) ;
ALTERNATIVE_CLOSE : '}' -> type(CLOSE), popMode ;
ALTERNATIVE_TEXT : ~[$'"\\}]+ -> type(TEXT) ;

/** The pattern of ${name/pattern/replacement}, up to the slash. */
mode PATTERN;

PATTERN_SINGLE : '\'' ~[']* '\'' -> type(SINGLE) ;
PATTERN_SINGLE_OPEN : '\'' ~[']* -> type(SINGLE_OPEN) ;
PATTERN_QUOTE : '"' -> type(QUOTE), pushMode(QUOTED) ;
PATTERN_VARIABLE : '$' VARIABLE_NAME -> type(VARIABLE) ;
PATTERN_OPEN : '${' -> type(OPEN), pushMode(BRACE) ;
PATTERN_DOLLAR : '$' -> type(DOLLAR) ;
PATTERN_ESCAPE : '\\' . -> type(ESCAPE) ;
PATTERN_ESCAPE_END : '\\' -> type(ESCAPE_END) ;
SLASH : '/' -> mode(ALTERNATIVE) ;
PATTERN_TEXT : ~[$'"\\/]+ -> type(TEXT) ;

/** Between double quotes. */
mode QUOTED;

END_QUOTE : '"' -> popMode ;
QUOTED_VARIABLE : '$' VARIABLE_NAME -> type(VARIABLE) ;
QUOTED_OPEN : '${' -> type(OPEN), pushMode(BRACE) ;
QUOTED_DOLLAR : '$' -> type(DOLLAR) ;
QUOTED_ESCAPE : '\\' ["$\\] ;
QUOTED_BACKSLASH : '\\' ;
QUOTED_TEXT : ~["$\\]+ -> type(TEXT) ;

fragment VARIABLE_NAME
  : [0-9\u0002]+
  | [@*#?$!] | '-'
  | [A-Za-z_\u0001] [A-Za-z0-9_\u0001\u0002]*
  ;
