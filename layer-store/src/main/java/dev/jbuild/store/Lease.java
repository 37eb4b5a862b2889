package dev.jbuild.store;

import java.time.Instant;

/**
 * A piece of work that is going on and what keeps it alive: a process that holds a lock on the
 * lease's file. The process's death ends the lease.
 *
 * @param purpose for people: {@code "build hello:latest"}
 */
public record Lease(String id, String purpose, long pid, Instant since) {}
