package dev.jbuild.sandbox;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code config.json} of the OCI runtime specification 1.2: what a launcher, ours or any OCI
 * runtime, is told about a step. Names, units and meaning are those of the specification; fields
 * that no build needs (hooks, other systems, Intel RDT) are left out.
 *
 * <p>Immutable. Lists and maps are never null; an absent optional value is null here and absent in
 * the JSON.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RuntimeSpec(
    String ociVersion,
    StepProcess process,
    Root root,
    @Nullable String hostname,
    List<Mount> mounts,
    Map<String, String> annotations,
    Linux linux) {

  /**
   * The version of the specification written here: the newest that crun before 1.9 knows. What is
   * written of later ones is ignored by those that do not know it.
   */
  public static final String VERSION = "1.0.2";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  public RuntimeSpec {
    mounts = listOf(mounts);
    annotations = mapOf(annotations);
  }

  /** Bytes of a {@code config.json}. */
  public byte[] toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "runtime spec cannot be written as JSON", e);
    }
  }

  /**
   * Reads a {@code config.json}; unknown fields are skipped.
   *
   * @throws BuildFailure of kind CORRUPT
   */
  public static RuntimeSpec fromJson(byte[] json) {
    try {
      return JSON.readValue(new String(json, StandardCharsets.UTF_8), RuntimeSpec.class);
    } catch (JsonProcessingException e) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT, "runtime spec: " + e.getOriginalMessage(), e);
    }
  }

  /** The same with other mounts. */
  public RuntimeSpec withMounts(List<Mount> others) {
    return new RuntimeSpec(ociVersion, process, root, hostname, others, annotations, linux);
  }

  /** The same with another process. */
  public RuntimeSpec withProcess(StepProcess other) {
    return new RuntimeSpec(ociVersion, other, root, hostname, mounts, annotations, linux);
  }

  /** The same with another root. */
  public RuntimeSpec withRoot(Root other) {
    return new RuntimeSpec(ociVersion, process, other, hostname, mounts, annotations, linux);
  }

  /** The same with another Linux part. */
  public RuntimeSpec withLinux(Linux other) {
    return new RuntimeSpec(ociVersion, process, root, hostname, mounts, annotations, other);
  }

  /** What is executed, and as whom. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record StepProcess(
      boolean terminal,
      @Nullable ConsoleSize consoleSize,
      User user,
      List<String> args,
      List<String> env,
      String cwd,
      @Nullable Capabilities capabilities,
      List<Rlimit> rlimits,
      boolean noNewPrivileges,
      @Nullable String apparmorProfile,
      @Nullable Integer oomScoreAdj,
      @Nullable String selinuxLabel) {
    public StepProcess {
      args = listOf(args);
      env = listOf(env);
      rlimits = listOf(rlimits);
    }
  }

  /** The window of a terminal, in characters. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ConsoleSize(int height, int width) {}

  /** Numeric identity. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record User(int uid, int gid, @Nullable Integer umask, List<Integer> additionalGids) {
    public User {
      additionalGids = listOf(additionalGids);
    }
  }

  /** Capability sets, by names such as {@code CAP_CHOWN}. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Capabilities(
      List<String> bounding,
      List<String> effective,
      List<String> inheritable,
      List<String> permitted,
      List<String> ambient) {
    public Capabilities {
      bounding = listOf(bounding);
      effective = listOf(effective);
      inheritable = listOf(inheritable);
      permitted = listOf(permitted);
      ambient = listOf(ambient);
    }
  }

  /** A resource limit; {@code type} such as {@code RLIMIT_NOFILE}; all bits set is unlimited. */
  public record Rlimit(
      String type,
      @JsonSerialize(using = Unsigned.class) long hard,
      @JsonSerialize(using = Unsigned.class) long soft) {}

  /** The root file system. */
  public record Root(String path, boolean readonly) {}

  /** One mount, in order. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Mount(
      String destination, @Nullable String type, @Nullable String source, List<String> options) {
    public Mount {
      options = listOf(options);
    }

    /** A bind mount of a path of the executor's, with its submounts. */
    public static Mount bind(String source, String destination, boolean readOnly) {
      return new Mount(
          destination, "bind", source, List.of("rbind", "rprivate", readOnly ? "ro" : "rw"));
    }

    /** A tmpfs; size 0 is the kernel's default. */
    public static Mount tmpfs(String destination, long sizeBytes, String mode) {
      return new Mount(
          destination,
          "tmpfs",
          "tmpfs",
          sizeBytes == 0
              ? List.of("nosuid", "nodev", "mode=" + mode)
              : List.of("nosuid", "nodev", "mode=" + mode, "size=" + sizeBytes));
    }
  }

  /** What is Linux's own. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Linux(
      List<Namespace> namespaces,
      List<IdMapping> uidMappings,
      List<IdMapping> gidMappings,
      List<Device> devices,
      @Nullable String cgroupsPath,
      @Nullable Resources resources,
      @Nullable SeccompFilter seccomp,
      Map<String, String> sysctl,
      @Nullable String rootfsPropagation,
      List<String> maskedPaths,
      List<String> readonlyPaths,
      @Nullable String mountLabel) {
    public Linux {
      namespaces = listOf(namespaces);
      uidMappings = listOf(uidMappings);
      gidMappings = listOf(gidMappings);
      devices = listOf(devices);
      sysctl = mapOf(sysctl);
      maskedPaths = listOf(maskedPaths);
      readonlyPaths = listOf(readonlyPaths);
    }
  }

  /** A namespace; {@code type} is pid, network, mount, ipc, uts, user or cgroup. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Namespace(String type, @Nullable String path) {
    public static Namespace of(String type) {
      return new Namespace(type, null);
    }
  }

  /** A range of ids. */
  public record IdMapping(
      @JsonProperty("containerID") long containerId,
      @JsonProperty("hostID") long hostId,
      long size) {}

  /** A device node made in the step's /dev. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Device(
      String type,
      String path,
      long major,
      long minor,
      @Nullable Integer fileMode,
      @Nullable Integer uid,
      @Nullable Integer gid) {}

  /** Limits held by a cgroup. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Resources(
      List<DeviceRule> devices,
      @Nullable Memory memory,
      @Nullable Cpu cpu,
      @Nullable Pids pids,
      @Nullable BlockIo blockIO,
      Map<String, String> unified) {
    public Resources {
      devices = listOf(devices);
      unified = mapOf(unified);
    }
  }

  /** A rule of the device controller. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record DeviceRule(
      boolean allow,
      @Nullable String type,
      @Nullable Long major,
      @Nullable Long minor,
      @Nullable String access) {}

  /** Memory, in bytes; {@code swap} counts memory and swap together. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Memory(
      @Nullable Long limit,
      @Nullable Long reservation,
      @Nullable Long swap,
      @Nullable Long swappiness,
      @Nullable Boolean disableOOMKiller) {}

  /** CPU time; quota and period in microseconds. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Cpu(
      @Nullable Long shares,
      @Nullable Long quota,
      @Nullable Long period,
      @Nullable String cpus,
      @Nullable String mems) {}

  /** Number of tasks. */
  public record Pids(long limit) {}

  /** Block I/O. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record BlockIo(
      @Nullable Integer weight,
      List<ThrottleDevice> throttleReadBpsDevice,
      List<ThrottleDevice> throttleWriteBpsDevice) {
    public BlockIo {
      throttleReadBpsDevice = listOf(throttleReadBpsDevice);
      throttleWriteBpsDevice = listOf(throttleWriteBpsDevice);
    }
  }

  /** A rate, in bytes a second, for one device. */
  public record ThrottleDevice(long major, long minor, long rate) {}

  /** The specification's uint64, which Java holds in a long of the same bits. */
  static final class Unsigned extends JsonSerializer<Long> {
    @Override
    public void serialize(Long value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeNumber(Long.toUnsignedString(value));
    }
  }

  /** A copy; empty for null, as which Jackson gives what the JSON does not have. */
  static <T> List<T> listOf(@Nullable List<T> values) {
    return values == null ? List.of() : List.copyOf(values);
  }

  private static <K, V> Map<K, V> mapOf(@Nullable Map<K, V> values) {
    return values == null
        ? Map.of()
        : Collections.unmodifiableMap(new LinkedHashMap<>(values)); // keeps the order in the JSON
  }
}
