package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Extended attributes of a file: names in order, values as bytes of any kind. Names hold one char
 * per byte. Immutable; equal when names and bytes are.
 */
public final class Xattrs {
  public static final Xattrs NONE = new Xattrs(new TreeMap<>());

  /** The attribute that holds a program's file capabilities. */
  public static final String CAPABILITY = "security.capability";

  private final SortedMap<String, byte[]> values;

  private Xattrs(SortedMap<String, byte[]> values) {
    this.values = values;
  }

  public static Xattrs of(Map<String, byte[]> values) {
    if (values.isEmpty()) {
      return NONE;
    }
    TreeMap<String, byte[]> copy = new TreeMap<>();
    values.forEach((name, value) -> copy.put(name, value.clone()));
    return new Xattrs(copy);
  }

  public boolean isEmpty() {
    return values.isEmpty();
  }

  public SortedSet<String> names() {
    return new TreeSet<>(values.keySet());
  }

  /** A copy of the value. */
  public Optional<byte[]> get(String name) {
    return Optional.ofNullable(values.get(name)).map(byte[]::clone);
  }

  public Xattrs with(String name, byte[] value) {
    TreeMap<String, byte[]> copy = new TreeMap<>(values);
    copy.put(name, value.clone());
    return new Xattrs(copy);
  }

  /** Those whose name the predicate accepts. */
  public Xattrs filter(Predicate<String> names) {
    if (values.isEmpty() || values.keySet().stream().allMatch(names)) {
      return this;
    }
    SortedMap<String, byte[]> copy = new TreeMap<>(values);
    copy.keySet().removeIf(names.negate());
    return of(copy);
  }

  /** Calls {@code visitor} in order of the names; the arrays must not be changed. */
  <X extends Exception> void forEach(Visitor<X> visitor) throws X {
    for (Map.Entry<String, byte[]> entry : values.entrySet()) {
      visitor.visit(entry.getKey(), entry.getValue());
    }
  }

  interface Visitor<X extends Exception> {
    void visit(String name, byte[] value) throws X;
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Xattrs xattrs) || !values.keySet().equals(xattrs.values.keySet())) {
      return false;
    }
    return values.entrySet().stream()
        .allMatch(e -> Arrays.equals(e.getValue(), xattrs.values.get(e.getKey())));
  }

  @Override
  public int hashCode() {
    int hash = 0;
    for (Map.Entry<String, byte[]> entry : values.entrySet()) {
      hash = 31 * hash + entry.getKey().hashCode() + Arrays.hashCode(entry.getValue());
    }
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    values.forEach((name, value) ->
        text.append(text.length() > 1 ? ", " : "")
            .append(BytePath.printable(name))
            .append('=')
            .append(HexFormat.of().formatHex(value)));
    return text.append('}').toString();
  }
}
