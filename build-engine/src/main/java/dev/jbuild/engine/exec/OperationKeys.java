package dev.jbuild.engine.exec;

import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.FileManifests;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.oci.Digest;
import dev.jbuild.sandbox.NetworkMode;
import java.util.List;
import java.util.TreeSet;

/**
 * What goes into a cache key, operation by operation.
 *
 * <p>In: everything that can change the result. Out: times, limits, addresses of extra hosts, proxy
 * variables, secrets, and where in a tree a copied file lies. The fields' labels are read by people
 * when a miss is explained.
 */
final class OperationKeys {
  private OperationKeys() {}

  /**
   * @param rootfs stands for the root file system the process starts in
   */
  static CacheKey run(Op.Run run, String rootfs, Iterable<String> extraHosts) {
    CacheKey.Builder key = CacheKey.of("run").add("input rootfs", rootfs);
    key.add("command", run.argv());
    run.scriptFile()
        .ifPresent(script -> key.add("script " + script.name(), script.content()));
    for (String entry : run.env()) {
      int equals = entry.indexOf('=');
      key.add("variable " + entry.substring(0, equals), entry.substring(equals + 1));
    }
    key.add("WORKDIR", run.cwd()).add("USER", run.user());
    if (run.network() != NetworkMode.HOST) {
      key.add("network", run.network().name());
    }
    if (run.insecure()) {
      key.add("security", "insecure");
    }
    TreeSet<String> hosts = new TreeSet<>();
    extraHosts.forEach(hosts::add);
    if (!hosts.isEmpty()) {
      key.add("extra hosts", List.copyOf(hosts));
    }
    return key.add("platform", run.platform().toString()).build();
  }

  /**
   * @param rootfs stands for the root file system that is copied into
   * @param files the digest of the sources' listing, or what stands for the tree they are in
   */
  static CacheKey copy(Op.Copy copy, String rootfs, String filesLabel, String files) {
    CacheKey.Builder key =
        CacheKey.of(copy.unpack() ? "add" : "copy")
            .add("input rootfs", rootfs)
            .add("destination", copy.destination());
    copy.owner().ifPresent(owner -> key.add("--chown", owner));
    copy.mode().ifPresent(mode -> key.add("--chmod", mode));
    if (copy.parents()) {
      key.add("--parents", "true");
    }
    if (!copy.excludes().isEmpty()) {
      key.add("--exclude", copy.excludes());
    }
    for (Op.Source source : copy.sources()) {
      if (source instanceof Op.Source.Inline inline) {
        key.add("file " + inline.name(), Digest.of(inline.content()).toString());
      } else if (source instanceof Op.Source.Pattern pattern
          && !filesLabel.equals(FileManifests.FIELD)) {
        key.add("source " + pattern.text(), "");
      }
    }
    return key.add(filesLabel, files).build();
  }

  static CacheKey makeDirectory(Op.MakeDirectory make, String rootfs) {
    return CacheKey.of("workdir")
        .add("input rootfs", rootfs)
        .add("path", make.path())
        .add("USER", make.user())
        .build();
  }
}
