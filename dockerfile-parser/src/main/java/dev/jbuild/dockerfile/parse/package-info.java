/**
 * From bytes to the syntax tree.
 *
 * <p>{@code DockerfileParser.parse("Dockerfile", bytes)} gives a {@link
 * dev.jbuild.dockerfile.parse.ParseResult}: the tree, or every independent error of the file. It
 * never throws for any input.
 *
 * <p>The work is done in three steps. {@code LineReader} finds the logical lines: it reads the
 * directives, joins continuations while keeping a map back to the source, and drops comments. The
 * ANTLR lexers of module grammar cut a logical line into keyword, flags and arguments, each
 * instruction in the lexer mode of its argument syntax. {@code InstructionBuilder} makes the
 * records and says what is wrong with them; heredoc bodies are then taken from the lines that
 * follow.
 */
@NullMarked
package dev.jbuild.dockerfile.parse;

import org.jspecify.annotations.NullMarked;
