// The syntax of Cap: the whole of the language, so that what this version does not have yet is told
// from a mistake. No actions, no predicates. Every rule with more than one alternative labels each;
// a label is one shape of the syntax tree, and a test holds that the corpus takes every label.
//
// Statements end where the next begins: no expression continues with a name, a literal or a word
// that begins a statement. Bodies in braces are rules of their own, because the parser resumes
// after an error at the next member of the innermost body (compiler/parse/recovery.h).
parser grammar CapParser;

options { tokenVocab = CapLexer; }

file
  : languageHeader? moduleHeader declaration* EOF
  ;

languageHeader
  : LANGUAGE INTEGER
  ;

moduleHeader
  : MODULE qualifiedName
  ;

qualifiedName
  : name ( DOT name )*
  ;

// --- declarations ---

declaration
  : IMPORT qualifiedName                                            # importDeclaration
  | DATA name COLON type                                            # dataDeclaration
  | CONTEXT BOUND fieldBody                                         # boundContextDeclaration
  | CONTEXT LIVE fieldBody                                          # liveContextDeclaration
  | ENUM name LBRACE STRING ( COMMA STRING )* COMMA? RBRACE         # enumDeclaration
  | ENUM ORDERED name LBRACE STRING ( LESS STRING )* RBRACE         # orderedEnumDeclaration
  | RECORD name fieldBody                                           # recordDeclaration
  | PURPOSE name STRING                                             # purposeDeclaration
  | APPROVER name ( COMMA name )*                                   # approverDeclaration
  | DEF name LPAREN ( parameter ( COMMA parameter )* )? RPAREN COLON type ASSIGN expr
                                                                    # defDeclaration
  | annotation* ACTION name toolClause? actionBody                  # actionDeclaration
  | WRAPPER STRING fieldBody                                        # wrapperDeclaration
  | POLICY name parameterList? extendsClause? policyBody            # policyDeclaration
  | CONSTRAINT name parameterList? constrained? block               # constraintDeclaration
  | forbid                                                          # forbidDeclaration
  | limit                                                           # limitDeclaration
  ;

fieldBody
  : LBRACE field* openMark? RBRACE
  ;

field
  : name COLON type ( ASSIGN expr )? COMMA?
  ;

openMark
  : ELLIPSIS
  ;

annotation
  : AT name ( LPAREN name RPAREN )?
  ;

toolClause
  : OF STRING ( WHEN expr )?                                        # toolOf
  | WHEN expr                                                       # toolWhen
  ;

actionBody
  : LBRACE member* RBRACE
  ;

member
  : FACT name COLON type FOR factKeys factSource? factAge? COMMA?   # factMember
  | LET name ASSIGN expr COMMA?                                     # letMember
  | RESOURCE EACH name IN operand STRING COMMA?                     # resourceEachMember
  | RESOURCE STRING COMMA?                                          # resourceMember
  | field                                                           # argumentMember
  ;

factKeys
  : EACH operand                                                    # eachKey
  | operand ( COMMA operand )*                                      # plainKeys
  ;

factSource
  : BY name
  ;

factAge
  : WITHIN DURATION
  ;

parameterList
  : LPAREN parameter ( COMMA parameter )* COMMA? RPAREN
  ;

parameter
  : argumentName COLON type ( ASSIGN expr )? narrowing?
  ;

narrowing
  : NARROWS ( LESS_EQUAL | GREATER_EQUAL | EQUAL | SUBSET | SUPERSET | WITHIN )
  ;

constrained
  : OF name COLON type
  ;

// --- policies ---

extendsClause
  : EXTENDS qualifiedName argumentList?
  ;

policyBody
  : LBRACE item* RBRACE
  ;

item
  : VERSION STRING                                                  # versionItem
  | PURPOSE name ( COMMA name )*                                    # purposeItem
  | EXPIRES AFTER DURATION                                          # expiresItem
  | INCLUDE qualifiedName argumentList?                             # includeItem
  | DROP name                                                       # dropItem
  | CAPABILITY capabilityName? name ( ON STRING ( COMMA STRING )* )? block?
                                                                    # capabilityItem
  | forbid                                                          # forbidItem
  | limit                                                           # limitItem
  | CIRCUIT_BREAKER block                                           # circuitBreakerItem
  | AUDIT block                                                     # auditItem
  ;

capabilityName
  : name COLON
  ;

forbid
  : FORBID actions ( ON STRING )? unlessApproved? ( WHEN expr )?
  ;

unlessApproved
  : UNLESS APPROVED BY name
  ;

limit
  : LIMIT name ON actions block
  ;

actions
  : STAR                                                            # everyAction
  | name ( COMMA name )*                                            # namedActions
  ;

block
  : LBRACE statement* RBRACE
  ;

// The statements of capabilities, limits and constraints. Which may stand where is not a question
// of syntax: a misplaced one deserves better than a syntax error.
statement
  : REQUIRE expr                                                    # requireStatement
  | LET name ASSIGN expr                                            # letStatement
  | CONSUME expr OF expr ( PER operand )?                           # consumeStatement
  | HOLD expr OF expr ( PER operand )?                              # holdStatement
  | STEPUP name argumentList?                                       # stepUpStatement
  | OBLIGE name argumentList?                                       # obligeStatement
  | DENY STRING                                                     # denyStatement
  | CONSENT STRING                                                  # consentStatement
  | name argumentList? ( OF expr )? ( WHEN expr )?                  # callStatement
  ;

argumentList
  : LPAREN ( argument ( COMMA argument )* COMMA? )? RPAREN
  ;

argument
  : argumentName COLON expr                                         # namedArgument
  | expr                                                            # positionalArgument
  ;

argumentName
  : name                                                            # plainArgumentName
  | ( OF | FOR | IN | WHEN | ON | WITHIN )                          # wordArgumentName
  ;

// --- types ---

type
  : typeHead typeSuffix* QUESTION?
  ;

typeHead
  : name ( LESS type ( COMMA type )* GREATER )?                     # namedType
  | name LPAREN INTEGER RPAREN                                      # scaledType
  | fieldBody                                                       # inlineRecordType
  ;

typeSuffix
  : IN operand                                                      # inSuffix
  | MAX INTEGER                                                     # maxSuffix
  | MINOR                                                           # minorSuffix
  | SIGNED                                                          # signedSuffix
  ;

// --- expressions, from the tightest to the loosest ---

expr
  : operand                                                         # operandExpr
  | MINUS expr                                                      # negateExpr
  | expr STAR expr                                                  # multiplyExpr
  | expr ( PLUS | MINUS | CONCAT ) expr                             # addExpr
  | expr ( EQUAL | NOT_EQUAL | LESS | LESS_EQUAL | GREATER | GREATER_EQUAL ) expr
                                                                    # compareExpr
  | expr ( IN | SUBSET | DISJOINT ) expr                            # containExpr
  | expr ( MATCHES | UNDER ) expr                                   # matchExpr
  | expr IS PRESENT                                                 # presentExpr
  | expr IS ABSENT                                                  # absentExpr
  | expr IS NULL_WORD                                               # nullExpr
  | NOT expr                                                        # notExpr
  | expr AND expr                                                   # andExpr
  | expr OR expr                                                    # orExpr
  | IF expr THEN expr ELSE expr                                     # conditionalExpr
  ;

operand
  : operand DOT name                                                # memberOperand
  | operand LBRACKET expr RBRACKET                                  # indexOperand
  | ANY LPAREN name IN expr COLON expr RPAREN                       # anyOperand
  | ALL LPAREN name IN expr COLON expr RPAREN                       # allOperand
  | COUNT LPAREN name IN expr ( COLON expr )? RPAREN                # countOperand
  | SUM LPAREN name IN expr COLON expr RPAREN                       # sumOperand
  | AFTER name argumentList WITHIN DURATION                         # afterOperand
  | name argumentList                                               # callOperand
  | name                                                            # nameOperand
  | ( TRUE | FALSE )                                                # boolOperand
  | INTEGER                                                         # integerOperand
  | DECIMAL                                                         # decimalOperand
  | MONEY                                                           # moneyOperand
  | DURATION                                                        # durationOperand
  | RATE                                                            # rateOperand
  | STRING                                                          # stringOperand
  | LBRACKET ( expr ( COMMA expr )* COMMA? )? RBRACKET              # listOperand
  | LPAREN expr RPAREN                                              # parenthesisOperand
  ;

// --- names ---

name
  : ID                                                              # plainName
  | QUOTED_ID                                                       # quotedName
  | softWord                                                        # softName
  ;

softWord
  : ABSENT | ACTION | AFTER | APPROVED | APPROVER | AUDIT | BOUND | BY | CAPABILITY
  | CIRCUIT_BREAKER | CONSENT | CONSUME | CONTEXT | COUNT | DATA | DENY | DROP | EACH | ENUM
  | EXPIRES | EXTENDS | FACT | HOLD | IMPORT | INCLUDE | LANGUAGE | LIMIT | LIVE | MATCHES | MAX
  | MINOR | MODULE | NARROWS | NULL_WORD | OBLIGE | ORDERED | PER | POLICY | PRESENT | PURPOSE
  | RECORD | RESOURCE | SIGNED | STEPUP | SUM | SUPERSET | UNDER | UNLESS | VERSION | WRAPPER
  ;
