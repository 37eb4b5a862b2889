/**
 * One logical line of a Dockerfile: continuations already joined, comments gone, blanks around the
 * line trimmed. The caller picks the mode of the arguments by the keyword.
 *
 * Characters are those of FoldedCharStream: "\" is the escape character of the file, whichever it is,
 * and every character beyond ASCII is one of \u0001 (letter), \u0002 (digit), \u0003 (space), \u0004
 * (anything else). No rule gives up after having read ahead, so lexing takes linear time.
 */
lexer grammar DockerfileLexer;

KEYWORD : ~[ \t\u000b\f\r]+ -> mode(FLAGS) ;

/** Flags come first; the first other character begins the arguments, and so does "--". */
mode FLAGS;

FLAGS_BLANK : SPACE+ -> skip ;
FLAGS_END : '--' -> mode(FLAGS_DONE) ;
FLAG : '--' FLAG_PIECE+ ;
ARGUMENTS : . ;

mode FLAGS_DONE;

DONE_BLANK : SPACE+ -> skip ;
DONE_ARGUMENTS : . -> type(ARGUMENTS) ;

/** Arguments between blanks, quotes meaning nothing yet: FROM, COPY, ADD, EXPOSE, VOLUME. */
mode WORDS;

WORDS_BLANK : BLANK+ -> skip ;
WORD : ~[ \t\u000b\f\r]+ ;

/** Arguments in which a quoted blank does not separate: ENV, LABEL, ARG. */
mode QUOTED_WORDS;

QUOTED_BLANK : SPACE+ -> skip ;
QUOTED_WORD : QUOTED_PIECE+ -> type(WORD) ;

/** The comma-separated options of RUN --mount. */
mode OPTIONS;

COMMA : ',' ;
OPTION : ~[,"] ~[,]* ;
QUOTED_OPTION : '"' (~["] | '""')* '"' ;
OPEN_OPTION : '"' (~["] | '""')* ;

fragment BLANK : [ \t\u000b\f\r] ;
fragment SPACE : [ \t\u000b\f\r\n\u0003] ;
fragment ESCAPED : '\\' (. | EOF) ;
// In flags the escape character escapes in single quotes too.
fragment FLAG_PIECE
  : ~[ \t\u000b\f\r\n\u0003'"\\]
  | ESCAPED
  | '"' (~["\\] | ESCAPED)* ('"' | EOF)
  | '\'' (~['\\] | ESCAPED)* ('\'' | EOF)
  ;
fragment QUOTED_PIECE
  : ~[ \t\u000b\f\r\n\u0003'"\\]
  | ESCAPED
  | '"' (~["\\] | ESCAPED)* ('"' | EOF)
  | '\'' ~[']* ('\'' | EOF)
  ;
