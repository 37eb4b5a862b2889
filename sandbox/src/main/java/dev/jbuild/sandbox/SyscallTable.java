package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Numbers of system calls for one architecture of the kernel's filter. */
enum SyscallTable {
  X86_64("SCMP_ARCH_X86_64", 0xC000003E, 1),
  X86("SCMP_ARCH_X86", 0x40000003, 2),
  AARCH64("SCMP_ARCH_AARCH64", 0xC00000B7, 3),
  ARM("SCMP_ARCH_ARM", 0x40000028, 4);

  private final String seccompName;
  private final int audit;
  private final int column;

  /** Read when first asked for: a machine needs two of the four. */
  @SuppressWarnings("ImmutableEnumChecker") // made by Map.copyOf, and always the same
  private volatile @Nullable Map<String, Integer> numbers;

  SyscallTable(String seccompName, int audit, int column) {
    this.seccompName = seccompName;
    this.audit = audit;
    this.column = column;
  }

  /** By the name that the runtime spec has. */
  static Optional<SyscallTable> of(String seccompName) {
    for (SyscallTable table : values()) {
      if (table.seccompName.equals(seccompName)) {
        return Optional.of(table);
      }
    }
    return Optional.empty();
  }

  /** AUDIT_ARCH_*, which the kernel puts before the filter. */
  int audit() {
    return audit;
  }

  /** Numbers by name. */
  Map<String, Integer> numbers() {
    Map<String, Integer> known = numbers;
    if (known == null) {
      known = load(column);
      numbers = known;
    }
    return known;
  }

  private static Map<String, Integer> load(int column) {
    Map<String, Integer> numbers = new HashMap<>();
    try (InputStream in = SyscallTable.class.getResourceAsStream("syscalls.tsv")) {
      if (in == null) {
        throw new IOException("syscalls.tsv is not in the jar");
      }
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          String[] fields = line.split("\t", -1);
          if (!fields[column].equals("-")) {
            numbers.put(fields[0], Integer.parseInt(fields[column]));
          }
        }
      }
    } catch (IOException e) {
      throw new BuildFailure(BuildFailure.Kind.INTERNAL, "system-call table: " + e.getMessage(), e);
    }
    return Map.copyOf(numbers);
  }
}
