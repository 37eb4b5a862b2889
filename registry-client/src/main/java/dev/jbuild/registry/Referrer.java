package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import java.util.Optional;

/**
 * A manifest that refers to another one of its repository: a signature, a bill of materials.
 *
 * @param subject the manifest that is referred to
 * @param descriptor as the registry lists it, with artifact type and annotations
 * @param tag by which it is found instead of by its {@code subject} field, as cosign tags what it
 *     signs: {@code sha256-….sig}
 */
public record Referrer(Digest subject, Descriptor descriptor, Optional<String> tag) {}
