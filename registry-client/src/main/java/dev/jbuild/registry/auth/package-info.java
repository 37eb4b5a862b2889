/**
 * Who we are to a registry: credentials, where they come from, and how a registry asks for them.
 *
 * <p>A {@link dev.jbuild.registry.auth.CredentialStore} is asked once per host and repository. The
 * one a person uses is {@link dev.jbuild.registry.auth.AuthFiles}: Docker's and containers' files,
 * in a fixed order, with credential helpers and entries for single paths. Every {@link
 * dev.jbuild.registry.auth.Credential} knows where it was found, so that a refusal can name it;
 * none shows its secret in {@code toString}.
 *
 * <p>{@link dev.jbuild.registry.auth.Challenge} reads {@code WWW-Authenticate}; {@link
 * dev.jbuild.registry.auth.BearerToken} reads a token server's answer. Nothing here opens a
 * connection, except that a credential helper may.
 */
@NullMarked
package dev.jbuild.registry.auth;

import org.jspecify.annotations.NullMarked;
