package dev.jbuild.sandbox;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything a launcher needs to run one step.
 *
 * @param spec what to run and with which rights; its {@code root.path} is ignored in favour of
 *     {@code rootfs}
 * @param rootfs the file system
 * @param trees file trees shown below the root
 * @param files files that exist for this step only; with the trees and the spec's mounts they are
 *     mounted in the order of their paths
 * @param network which network the step sees; it decides over the spec's network namespace
 * @param limits as asked for, to name them when the step runs into one; the spec holds them too
 * @param timeoutOrNull after which the step is killed, or null
 * @param input what it reads from
 */
public record StepRequest(
    RuntimeSpec spec,
    Rootfs rootfs,
    List<RootfsMount> trees,
    List<FileMount> files,
    NetworkMode network,
    Limits limits,
    @Nullable Duration timeoutOrNull,
    StepInput input) {
  public StepRequest {
    trees = List.copyOf(trees);
    files = List.copyOf(files);
  }

  /** After which the step is killed. */
  public Optional<Duration> timeout() {
    return Optional.ofNullable(timeoutOrNull);
  }

  /** The same with another spec. */
  public StepRequest withSpec(RuntimeSpec other) {
    return new StepRequest(other, rootfs, trees, files, network, limits, timeoutOrNull, input);
  }

  /**
   * Starts a request with Docker's defaults: root, {@code /}, default capabilities, host network.
   */
  public static Builder builder(Rootfs rootfs, List<String> args) {
    return new Builder(rootfs, args);
  }

  /** Collects a request. Not safe for use by several threads. */
  public static final class Builder {
    private final Rootfs rootfs;
    private final List<String> args;
    private List<String> env = List.of("PATH=" + DefaultSpec.PATH);
    private String cwd = "/";
    private ResolvedUser user = ResolvedUser.ROOT;
    private String hostname = DefaultSpec.HOSTNAME;
    private NetworkMode network = NetworkMode.HOST;
    private final List<RuntimeSpec.Mount> mounts = new ArrayList<>();
    private final List<RootfsMount> trees = new ArrayList<>();
    private final List<FileMount> files = new ArrayList<>();
    private Limits limits = Limits.NONE;
    private boolean insecure;
    private boolean noNewPrivileges;
    private @Nullable SeccompProfile seccomp;
    private @Nullable Duration timeout;
    private StepInput input = StepInput.NONE;

    private Builder(Rootfs rootfs, List<String> args) {
      this.rootfs = rootfs;
      this.args = List.copyOf(args);
    }

    /** {@code NAME=value}, in order; HOME is added from the user where it is missing. */
    public Builder env(List<String> values) {
      this.env = List.copyOf(values);
      return this;
    }

    /** Absolute; made with mode 0755 and the user as owner where it is missing. */
    public Builder cwd(String path) {
      this.cwd = path;
      return this;
    }

    public Builder user(ResolvedUser who) {
      this.user = who;
      return this;
    }

    public Builder hostname(String name) {
      this.hostname = name;
      return this;
    }

    public Builder network(NetworkMode mode) {
      this.network = mode;
      return this;
    }

    /** Adds a mount to the default ones. */
    public Builder mount(RuntimeSpec.Mount mount) {
      this.mounts.add(mount);
      return this;
    }

    /** Adds a file tree. */
    public Builder tree(RootfsMount tree) {
      this.trees.add(tree);
      return this;
    }

    /** Adds a file, such as {@code hosts} made by {@link NetworkFiles}. */
    public Builder file(FileMount file) {
      this.files.add(file);
      return this;
    }

    public Builder limits(Limits values) {
      this.limits = values;
      return this;
    }

    /** {@code RUN --security=insecure}: every capability, no filter, nothing masked. */
    public Builder insecure(boolean value) {
      this.insecure = value;
      return this;
    }

    /** Whether setuid programs lose their effect; Docker's default, and ours, is no. */
    public Builder noNewPrivileges(boolean value) {
      this.noNewPrivileges = value;
      return this;
    }

    /** A policy other than Docker's default one. */
    public Builder seccomp(SeccompProfile policy) {
      this.seccomp = policy;
      return this;
    }

    private SeccompFilter filter() {
      return (seccomp == null ? SeccompProfile.dockerDefault() : seccomp)
          .resolve(DefaultSpec.CAPABILITIES);
    }

    public Builder timeout(Duration limit) {
      this.timeout = limit;
      return this;
    }

    /** What the step reads from; nothing by default. */
    public Builder input(StepInput source) {
      this.input = source;
      return this;
    }

    /** Puts the parts together. */
    public StepRequest build() {
      List<RuntimeSpec.Mount> all =
          new ArrayList<>(DefaultSpec.mounts(limits.shmBytes().orElse(DefaultSpec.SHM_BYTES)));
      all.addAll(mounts);
      List<RuntimeSpec.Namespace> namespaces = new ArrayList<>();
      for (String type : List.of("pid", "ipc", "uts", "mount", "cgroup")) {
        namespaces.add(RuntimeSpec.Namespace.of(type));
      }
      if (network != NetworkMode.HOST) {
        namespaces.add(RuntimeSpec.Namespace.of("network"));
      }
      List<String> environment = new ArrayList<>(env);
      if (environment.stream().noneMatch(e -> e.startsWith("HOME="))) {
        environment.add("HOME=" + user.home());
      }
      // The primary group is in the list too, so that a setgid file cannot be used to drop it.
      LinkedHashSet<Integer> groups = new LinkedHashSet<>();
      groups.add(user.gid());
      groups.addAll(user.additionalGids());
      RuntimeSpec.StepProcess process =
          new RuntimeSpec.StepProcess(
              input instanceof StepInput.Terminal,
              input instanceof StepInput.Terminal(int rows, int columns)
                  ? new RuntimeSpec.ConsoleSize(rows, columns)
                  : null,
              new RuntimeSpec.User(user.uid(), user.gid(), null, List.copyOf(groups)),
              args,
              environment,
              cwd,
              DefaultSpec.capabilities(insecure),
              limits.toRlimits(),
              noNewPrivileges,
              null,
              null,
              null);
      RuntimeSpec.Linux linux =
          new RuntimeSpec.Linux(
              namespaces,
              List.of(),
              List.of(),
              List.of(),
              null,
              limits.toResources().orElse(null),
              insecure ? null : filter(),
              Map.of(),
              null,
              insecure ? List.of() : DefaultSpec.MASKED_PATHS,
              insecure ? List.of() : DefaultSpec.READONLY_PATHS,
              null);
      RuntimeSpec spec =
          new RuntimeSpec(
              RuntimeSpec.VERSION,
              process,
              new RuntimeSpec.Root("rootfs", false),
              hostname,
              all,
              Map.of(),
              linux);
      return new StepRequest(spec, rootfs, trees, files, network, limits, timeout, input);
    }
  }
}
