package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * RUN.
 *
 * @param mounts the {@code --mount} flags in order; see {@code expand.MountResolver}
 * @param network value of {@code --network}; null is the build's default
 * @param security value of {@code --security}; null is sandbox
 * @param devices values of {@code --device}
 */
public record RunInstruction(
    InstructionLine line,
    CommandForm command,
    List<MountFlag> mounts,
    @Nullable Network network,
    @Nullable Security security,
    List<Device> devices)
    implements Instruction {
  public RunInstruction {
    requireNonNull(line);
    requireNonNull(command);
    mounts = List.copyOf(mounts);
    devices = List.copyOf(devices);
  }

  /** {@code --network}. */
  public enum Network {
    DEFAULT,
    NONE,
    HOST
  }

  /** {@code --security}. */
  public enum Security {
    SANDBOX,
    INSECURE
  }

  /** {@code --device=name[,required]}, a CDI device name. */
  public record Device(String name, boolean required, SourceSpan span) {}

  /** What is run, heredocs resolved. */
  public RunBody body() {
    return RunBody.of(command);
  }
}
