package dev.jbuild.sandbox;

/**
 * The launcher chosen for this process, and why.
 *
 * @param launcher starts steps
 * @param tier what the kernel grants
 * @param isolation the choice that was made, never {@link Isolation#AUTO}
 * @param reason one line for the log, such as "root with CAP_SYS_ADMIN"
 */
public record Sandbox(Launcher launcher, Tier tier, Isolation isolation, String reason) {}
