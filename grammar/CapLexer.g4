// The tokens of Cap. The input is bytes: the reader has checked that they are UTF-8, and outside of
// strings, comments and back-quotes only ASCII means anything. The last rule takes whatever is
// left, so the lexer itself never fails; compiler/parse words the error.
lexer grammar CapLexer;

channels { DOCUMENTATION }

// --- words that are never names (back-quotes make a name of them) ---
REQUIRE    : 'require' ;
LET        : 'let' ;
FORBID     : 'forbid' ;
CONSTRAINT : 'constraint' ;
DEF        : 'def' ;
OF         : 'of' ;
ON         : 'on' ;
FOR        : 'for' ;
WHEN       : 'when' ;
WITHIN     : 'within' ;
IN         : 'in' ;
SUBSET     : 'subset' ;
DISJOINT   : 'disjoint' ;
IS         : 'is' ;
AND        : 'and' ;
OR         : 'or' ;
NOT        : 'not' ;
IF         : 'if' ;
THEN       : 'then' ;
ELSE       : 'else' ;
ANY        : 'any' ;
ALL        : 'all' ;
TRUE       : 'true' ;
FALSE      : 'false' ;

// --- words that are names wherever a name may stand: rule softWord of the parser lists them ---
ABSENT     : 'absent' ;
ACTION     : 'action' ;
AFTER      : 'after' ;
APPROVED   : 'approved' ;
APPROVER   : 'approver' ;
AUDIT      : 'audit' ;
BOUND      : 'bound' ;
BY         : 'by' ;
CAPABILITY : 'capability' ;
CIRCUIT_BREAKER : 'circuit_breaker' ;
CONSENT    : 'consent' ;
CONSUME    : 'consume' ;
CONTEXT    : 'context' ;
COUNT      : 'count' ;
DATA       : 'data' ;
DENY       : 'deny' ;
DROP       : 'drop' ;
EACH       : 'each' ;
ENUM       : 'enum' ;
EXPIRES    : 'expires' ;
EXTENDS    : 'extends' ;
FACT       : 'fact' ;
HOLD       : 'hold' ;
IMPORT     : 'import' ;
INCLUDE    : 'include' ;
LANGUAGE   : 'language' ;
LIMIT      : 'limit' ;
LIVE       : 'live' ;
MATCHES    : 'matches' ;
MAX        : 'max' ;
MINOR      : 'minor' ;
MODULE     : 'module' ;
NARROWS    : 'narrows' ;
NULL_WORD  : 'null' ;
OBLIGE     : 'oblige' ;
ORDERED    : 'ordered' ;
PER        : 'per' ;
POLICY     : 'policy' ;
PRESENT    : 'present' ;
PURPOSE    : 'purpose' ;
RECORD     : 'record' ;
RESOURCE   : 'resource' ;
SIGNED     : 'signed' ;
STEPUP     : 'stepup' ;
SUM        : 'sum' ;
SUPERSET   : 'superset' ;
UNDER      : 'under' ;
UNLESS     : 'unless' ;
VERSION    : 'version' ;
WRAPPER    : 'wrapper' ;

// --- punctuation ---
LBRACE     : '{' ;
RBRACE     : '}' ;
LPAREN     : '(' ;
RPAREN     : ')' ;
LBRACKET   : '[' ;
RBRACKET   : ']' ;
COMMA      : ',' ;
COLON      : ':' ;
ELLIPSIS   : '...' ;
DOT        : '.' ;
QUESTION   : '?' ;
AT         : '@' ;
ASSIGN     : '=' ;
EQUAL      : '==' ;
NOT_EQUAL  : '!=' ;
LESS_EQUAL : '<=' ;
LESS       : '<' ;
GREATER_EQUAL : '>=' ;
GREATER    : '>' ;
CONCAT     : '++' ;
PLUS       : '+' ;
MINUS      : '-' ;
STAR       : '*' ;

// --- literals: each is one token ---
MONEY      : NUMBER [ \t]+ [A-Z] [A-Z] [A-Z] ;
DURATION   : [0-9]+ ( 'ms' | 's' | 'm' | 'h' | 'd' | 'w' ) ;
RATE       : [0-9]+ '/' ( 'second' | 'minute' | 'hour' | 'day' ) ;
DECIMAL    : [0-9]+ '.' [0-9]+ ;
INTEGER    : [0-9]+ ;
STRING     : '"' ( ~["\\\r\n] | '\\' ~[\r\n] )* '"' ;
ID         : [a-zA-Z_] [a-zA-Z_0-9]* ;
QUOTED_ID  : '`' ~[`\r\n]+ '`' ;

fragment NUMBER : [0-9]+ ( '.' [0-9]+ )? ;

// --- between tokens ---
DOC        : '///' ~[\r\n]* -> channel(DOCUMENTATION) ;
COMMENT    : '//' ~[\r\n]* -> skip ;
SPACE      : [ \t\r\n]+ -> skip ;

// --- what cannot be right; the token check words the error and, where it can, says the cure ---
UNTERMINATED : '"' ( ~["\\\r\n] | '\\' ~[\r\n] )* '\\'? ;
OTHER      : '&&' | '||' | '\'' ~['\r\n]* '\'' | '/*' .*? '*/' | [\u0080-\u00FF]+ | . ;
