package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ExecutionOptions.Entitlement;
import dev.jbuild.engine.SecretSource;
import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.CacheRecord;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Sees to it that no secret of a build gets into its image: the files that a step with secrets
 * changed, and the image config, are searched for the values.
 */
final class SecretCheck {
  private static final String HINT =
      "remove it in the step that wrote it, and change the secret if the layer was ever shared;"
          + " --allow secret-in-layer builds it all the same";

  private final BuildRequest request;

  SecretCheck(BuildRequest request) {
    this.request = request;
  }

  /** Whether a find fails the build. */
  boolean isOn() {
    return !request.execution().entitlements().contains(Entitlement.SECRET_IN_LAYER);
  }

  /** What the step's secrets are now; empty if there is none. */
  static Optional<byte[]> read(BuildRequest request, String id) throws IOException {
    SecretSource source = request.secrets().get(id);
    if (source == null) {
      return Optional.empty();
    }
    return Optional.of(
        switch (source) {
          case SecretSource.File file -> Files.readAllBytes(file.path());
          case SecretSource.Value value -> value.bytes();
        });
  }

  /**
   * @throws BuildFailure naming the file, never the value, if the layer has a secret of the mounts
   */
  void layer(List<Mount> mounts, DiffId layer, Store store) throws IOException {
    SecretScan scan =
        scan(
            mounts.stream()
                .flatMap(mount ->
                    mount instanceof Mount.Secret secret
                        ? Stream.of(secret.id())
                        : Stream.<String>empty())
                .toList());
    if (scan.isEmpty()) {
      return;
    }
    try (FileTree changes = store.layers().view(List.of(layer))) {
      TreeWalk.of(changes, BytePath.ROOT).forEach(entry -> file(scan, entry));
    }
  }

  private static void file(SecretScan scan, TreeEntry entry) throws IOException {
    require(scan.find(entry.path().latin1().getBytes(StandardCharsets.ISO_8859_1)), "a file name");
    String where = "\"/" + entry.path() + "\"";
    if (entry instanceof TreeEntry.Symlink link) {
      require(scan.find(link.target().getBytes(StandardCharsets.ISO_8859_1)), where);
    } else if (entry instanceof TreeEntry.RegularFile file) {
      try (InputStream in = file.content().open()) {
        require(scan.find(in), where);
      }
    }
    for (String name : entry.attributes().xattrs().names()) {
      require(scan.find(entry.attributes().xattrs().get(name).orElseThrow()), where);
    }
  }

  /**
   * @throws BuildFailure if the config has the value of any secret the build was given
   */
  void config(ImageConfig config) throws IOException {
    SecretScan scan = scan(request.secrets().keySet());
    if (!scan.isEmpty()) {
      require(scan.find(config.toBytes()), "the image config");
    }
  }

  /** Whether a record's inputs have the value of any secret the build was given. */
  boolean isIn(CacheRecord record) throws IOException {
    SecretScan scan = scan(request.secrets().keySet());
    if (scan.isEmpty()) {
      return false;
    }
    StringBuilder text = new StringBuilder();
    for (CacheKey.Field field : record.fields()) {
      text.append(field.label())
          .append('\0')
          .append(String.join("\0", field.values()))
          .append('\0');
    }
    return scan.find(text.toString().getBytes(StandardCharsets.UTF_8)).isPresent();
  }

  /** The secrets that cannot be looked for. */
  List<String> tooShort() throws IOException {
    List<String> ids = new ArrayList<>();
    for (String id : request.secrets().keySet()) {
      if (isOn() && read(request, id).filter(value -> !SecretScan.canFind(value)).isPresent()) {
        ids.add(id);
      }
    }
    return ids;
  }

  private SecretScan scan(Collection<String> ids) throws IOException {
    SecretScan scan = new SecretScan();
    if (isOn()) {
      for (String id : ids) {
        Optional<byte[]> value = read(request, id);
        if (value.isPresent()) {
          scan.add(id, value.get());
        }
      }
    }
    return scan;
  }

  private static void require(Optional<String> found, String where) {
    if (found.isPresent()) {
      throw new BuildFailure(
          Kind.USER, "the value of secret \"" + found.get() + "\" is in " + where, HINT, null);
    }
  }
}
