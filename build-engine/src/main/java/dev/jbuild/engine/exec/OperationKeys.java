package dev.jbuild.engine.exec;

import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.FileManifests;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.oci.Digest;
import dev.jbuild.sandbox.ExtraHost;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntFunction;

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
   * @param input what stands for the files of the input of that number
   * @param secretsMayStay whether the layer is not searched for the step's secrets
   */
  static CacheKey run(
      Op.Run run,
      String rootfs,
      IntFunction<String> input,
      List<ExtraHost> extraHosts,
      boolean secretsMayStay) {
    CacheKey.Builder key = CacheKey.of("run").add("input rootfs", rootfs);
    key.add("command", run.argv());
    run.scriptFile().ifPresent(script -> key.add("script " + script.name(), script.content()));
    for (String entry : run.env()) {
      int equals = entry.indexOf('=');
      key.add("variable " + entry.substring(0, equals), entry.substring(equals + 1));
    }
    key.add("WORKDIR", run.cwd()).add("USER", run.user());
    key.add("network", run.network().name());
    for (Mount mount : run.mounts()) {
      String label = "mount " + mount.target();
      key.add(label, shape(mount));
      if (mount.input().isPresent()) {
        key.add("files of " + label, input.apply(mount.input().getAsInt()));
      }
    }
    if (run.insecure()) {
      key.add("security", "insecure");
    }
    if (secretsMayStay && run.mounts().stream().anyMatch(Mount.Secret.class::isInstance)) {
      // Such a layer was not searched; a build that wants it searched must not find it.
      key.add("--allow", "secret-in-layer");
    }
    TreeSet<String> hosts = new TreeSet<>();
    extraHosts.forEach(host -> hosts.add(host.name()));
    if (!hosts.isEmpty()) {
      key.add("extra hosts", List.copyOf(hosts));
    }
    return key.add("platform", run.platform().toString()).build();
  }

  /** What a step can see of a mount, but for the files: neither a secret nor a cache's id. */
  private static List<String> shape(Mount mount) {
    return switch (mount) {
      case Mount.Bind bind -> List.of("bind", bind.source(), access(bind.readOnly()));
      case Mount.Cache cache ->
          List.of(
              "cache",
              cache.source(),
              access(cache.readOnly()),
              Integer.toOctalString(cache.mode()),
              cache.uid() + ":" + cache.gid());
      case Mount.Tmpfs tmpfs -> List.of("tmpfs", String.valueOf(tmpfs.size()));
      case Mount.Secret secret ->
          List.of(
              "secret",
              secret.id(),
              String.valueOf(secret.env()),
              Integer.toOctalString(secret.mode()),
              secret.uid() + ":" + secret.gid());
      case Mount.Ssh ssh ->
          List.of("ssh", ssh.id(), Integer.toOctalString(ssh.mode()), ssh.uid() + ":" + ssh.gid());
    };
  }

  private static String access(boolean readOnly) {
    return readOnly ? "ro" : "rw";
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
