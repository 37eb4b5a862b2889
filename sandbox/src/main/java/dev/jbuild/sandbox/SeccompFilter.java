package dev.jbuild.sandbox;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A system-call filter in the form that the OCI runtime specification has: {@code linux.seccomp} of
 * a {@link RuntimeSpec}. Names of actions, operators, architectures and flags are those of
 * libseccomp.
 *
 * <p>Immutable; lists are never null.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record SeccompFilter(
    String defaultAction,
    @Nullable Integer defaultErrnoRet,
    List<String> architectures,
    List<String> flags,
    List<Syscall> syscalls) {
  public SeccompFilter {
    architectures = RuntimeSpec.listOf(architectures);
    flags = RuntimeSpec.listOf(flags);
    syscalls = RuntimeSpec.listOf(syscalls);
  }

  /** One rule: names, what to do, and on which arguments. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Syscall(
      List<String> names, String action, @Nullable Integer errnoRet, List<Arg> args) {
    public Syscall {
      names = RuntimeSpec.listOf(names);
      args = RuntimeSpec.listOf(args);
    }
  }

  /** A comparison of one argument; {@code valueTwo} only for SCMP_CMP_MASKED_EQ. */
  public record Arg(
      int index,
      @JsonSerialize(using = RuntimeSpec.Unsigned.class) long value,
      @JsonSerialize(using = RuntimeSpec.Unsigned.class) long valueTwo,
      String op) {}
}
