package dev.jbuild.registry;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.auth.Credential;
import java.util.List;
import java.util.Optional;

/**
 * Stands where a test has not opened a transport yet; asking it anything is a fault of the test.
 */
final class UnopenedRegistry implements Registry {
  private static IllegalStateException fault() {
    return new IllegalStateException("the test has not opened a transport");
  }

  @Override
  public Descriptor resolve(RepositoryName repository, Reference reference) {
    throw fault();
  }

  @Override
  public RawManifest manifest(RepositoryName repository, Reference reference) {
    throw fault();
  }

  @Override
  public void fetchBlob(RepositoryName repository, Descriptor blob, BlobSink sink) {
    throw fault();
  }

  @Override
  public boolean hasBlob(RepositoryName repository, Descriptor blob) {
    throw fault();
  }

  @Override
  public Push pushBlob(
      RepositoryName repository,
      Descriptor blob,
      BlobContent content,
      Optional<RepositoryName> mountFrom) {
    throw fault();
  }

  @Override
  public boolean mountBlob(RepositoryName repository, Descriptor blob, RepositoryName from) {
    throw fault();
  }

  @Override
  public PushedManifest pushManifest(
      RepositoryName repository, Reference reference, MediaType mediaType, byte[] bytes) {
    throw fault();
  }

  @Override
  public Optional<List<Descriptor>> referrers(
      RepositoryName repository, Digest subject, Optional<String> artifactType) {
    throw fault();
  }

  @Override
  public List<String> tags(RepositoryName repository) {
    throw fault();
  }

  @Override
  public void probePush(RepositoryName repository) {
    throw fault();
  }

  @Override
  public void checkLogin(String host, Credential credential) {
    throw fault();
  }

  @Override
  public void close() {}
}
