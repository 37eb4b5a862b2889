package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.auth.Credential;
import java.util.List;
import java.util.Optional;

/**
 * The transport: one method per thing that can be asked of a registry (OCI distribution-spec 1.1).
 *
 * <p>An implementation authenticates, retries and resumes on its own, within {@link
 * RegistryOptions#timeouts} and {@link RegistryOptions#retries}; a call ends in success or in one
 * {@link RegistryFailure} that names method, host, repository, status and the registry's own words.
 * It opens no connection before the first call, knows nothing of mirrors, and is safe for many
 * threads. All methods block and are made for virtual threads; an interrupt ends a call with a
 * failure of kind {@code CANCELLED}.
 */
public interface Registry extends AutoCloseable {

  /** Largest manifest or index that is read; the spec asks registries to take at least this. */
  int MANIFEST_LIMIT = 4 * 1024 * 1024;

  /** How a blob came to be where it was wanted. */
  enum Push {
    /** It was there before. */
    EXISTED,
    /** The registry linked it from another repository. */
    MOUNTED,
    /** Its bytes were sent. */
    UPLOADED
  }

  /**
   * What a pushed manifest became.
   *
   * @param subjectListed whether the registry itself lists the manifest under its subject; if not,
   *     the pusher keeps the referrers tag (distribution-spec "Pushing Manifests with Subject")
   */
  record PushedManifest(Digest digest, boolean subjectListed) {}

  /**
   * Finds what a reference stands for, without fetching it where the registry can say so.
   *
   * @throws RegistryFailure of kind {@code NOT_FOUND} if there is no such manifest
   */
  Descriptor resolve(RepositoryName repository, Reference reference);

  /**
   * Fetches a manifest or index. For a digest reference the bytes are verified against it.
   *
   * @throws RegistryFailure of kind {@code NOT_FOUND}, {@code CORRUPT} for other bytes than the
   *     digest names or more than {@link #MANIFEST_LIMIT}, {@code UNSUPPORTED} for schema 1
   */
  RawManifest manifest(RepositoryName repository, Reference reference);

  /**
   * Fetches a blob into {@code sink}, from its position to {@code blob.size()}, resuming after
   * drops. The sink gets exactly as many bytes as the descriptor says; whether they are the right
   * ones is for the sink's owner to check, who hashes them anyway.
   */
  void fetchBlob(RepositoryName repository, Descriptor blob, BlobSink sink);

  /** Whether the repository holds the blob. */
  boolean hasBlob(RepositoryName repository, Descriptor blob);

  /**
   * Makes the repository hold the blob: looks for it, tries to mount it from {@code mountFrom} (a
   * repository of the same host), and sends it last. Idempotent.
   */
  Push pushBlob(
      RepositoryName repository,
      Descriptor blob,
      BlobContent content,
      Optional<RepositoryName> mountFrom);

  /**
   * Mounts the blob from another repository of the same host, without ever sending it.
   *
   * @return whether the registry did; false leaves nothing behind
   */
  boolean mountBlob(RepositoryName repository, Descriptor blob, RepositoryName from);

  /** Puts exactly these bytes under a tag or their digest. Idempotent; atomic at the registry. */
  PushedManifest pushManifest(
      RepositoryName repository, Reference reference, MediaType mediaType, byte[] bytes);

  /**
   * Asks the referrers API for the manifests whose subject is {@code subject}.
   *
   * @param artifactType only these, if given
   * @return empty if the registry has no such API (the referrers tag is the caller's to read)
   */
  Optional<List<Descriptor>> referrers(
      RepositoryName repository, Digest subject, Optional<String> artifactType);

  /** All tags, in the registry's order; a repository that does not exist is {@code NOT_FOUND}. */
  List<String> tags(RepositoryName repository);

  /**
   * Finds out whether a push to the repository would be allowed, by starting an upload and taking
   * it back. Meant for before a long build.
   */
  void probePush(RepositoryName repository);

  /** Asks the host whether it accepts the credential, for {@code login}. */
  void checkLogin(String host, Credential credential);

  /** Closes connections. Idempotent. */
  @Override
  void close();
}
