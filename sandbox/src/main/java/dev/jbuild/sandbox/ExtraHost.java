package dev.jbuild.sandbox;

/**
 * A line of {@code /etc/hosts} that was asked for; one name may have several.
 *
 * @param address an IPv4 or IPv6 address, written as given
 */
public record ExtraHost(String name, String address) {}
