/**
 * The Dockerfile syntax tree: immutable records with source spans.
 *
 * <p>A {@link dev.jbuild.dockerfile.ast.Dockerfile} has its directives, its global ARGs and its
 * {@link dev.jbuild.dockerfile.ast.Stage stages}; a stage begins with a {@link
 * dev.jbuild.dockerfile.ast.FromInstruction} and holds instructions in file order. {@link
 * dev.jbuild.dockerfile.ast.Instruction} is sealed over the 18 kinds, so a {@code switch} over it
 * needs no {@code default}.
 *
 * <p>Nothing in the tree is expanded: a {@link dev.jbuild.dockerfile.ast.Word} holds the text as
 * written, quotes and variables included, with the place it was written at. Expansion happens when
 * the build is planned, by {@code dev.jbuild.dockerfile.expand}, which documents which words
 * expand.
 *
 * <p>Text is a Java string in which a byte that is not valid UTF-8 stands as one lone surrogate
 * U+DC80 to U+DCFF, so that it comes back out unchanged ({@link
 * dev.jbuild.dockerfile.ast.SourceText}).
 *
 * <p>All types are immutable and safe for use by any number of threads.
 */
@NullMarked
package dev.jbuild.dockerfile.ast;

import org.jspecify.annotations.NullMarked;
