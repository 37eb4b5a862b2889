package dev.jbuild.dockerfile.expand;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A map that never changes: {@link #with} gives a new one, which shares nearly all with the old. So
 * each of a million instructions can keep the variables that it sees. Looking up and adding cost
 * the logarithm of the size, in time and in memory (an AVL tree whose changed path is copied).
 */
public final class PersistentMap<V> {
  private static final PersistentMap<?> EMPTY = new PersistentMap<>(null, 0);

  private record Node<V>(
      String key, V value, int order, @Nullable Node<V> left, @Nullable Node<V> right, int height) {
    static <V> Node<V> of(Node<V> middle, @Nullable Node<V> left, @Nullable Node<V> right) {
      int height = Math.max(heightOf(left), heightOf(right)) + 1;
      return new Node<>(middle.key, middle.value, middle.order, left, right, height);
    }

    static int heightOf(@Nullable Node<?> node) {
      return node == null ? 0 : node.height;
    }
  }

  private final @Nullable Node<V> root;
  private final int added;

  private PersistentMap(@Nullable Node<V> root, int added) {
    this.root = root;
    this.added = added;
  }

  /** The map without entries. */
  @SuppressWarnings("unchecked") // It has no values of any type.
  public static <V> PersistentMap<V> empty() {
    return (PersistentMap<V>) EMPTY;
  }

  /** The value of {@code key}, or null. */
  public @Nullable V get(String key) {
    Node<V> node = root;
    while (node != null) {
      int order = key.compareTo(node.key);
      if (order == 0) {
        return node.value;
      }
      node = order < 0 ? node.left : node.right;
    }
    return null;
  }

  /** This map with {@code value} for {@code key}; a key that is there keeps its place in order. */
  public PersistentMap<V> with(String key, V value) {
    return new PersistentMap<>(with(root, key, value), added + 1);
  }

  private Node<V> with(@Nullable Node<V> node, String key, V value) {
    if (node == null) {
      return new Node<>(key, value, added, null, null, 1);
    }
    int order = key.compareTo(node.key);
    if (order == 0) {
      return new Node<>(key, value, node.order, node.left, node.right, node.height);
    }
    return order < 0
        ? balanced(node, with(node.left, key, value), node.right)
        : balanced(node, node.left, with(node.right, key, value));
  }

  private static <V> Node<V> balanced(
      Node<V> middle, @Nullable Node<V> left, @Nullable Node<V> right) {
    int lean = Node.heightOf(left) - Node.heightOf(right);
    if (lean > 1 && left != null) {
      Node<V> inner = left.right;
      if (inner != null && Node.heightOf(inner) > Node.heightOf(left.left)) {
        return Node.of(
            inner, Node.of(left, left.left, inner.left), Node.of(middle, inner.right, right));
      }
      return Node.of(left, left.left, Node.of(middle, left.right, right));
    }
    if (lean < -1 && right != null) {
      Node<V> inner = right.left;
      if (inner != null && Node.heightOf(inner) > Node.heightOf(right.right)) {
        return Node.of(
            inner, Node.of(middle, left, inner.left), Node.of(right, inner.right, right.right));
      }
      return Node.of(right, Node.of(middle, left, right.left), right.right);
    }
    return Node.of(middle, left, right);
  }

  /** The entries in the order in which their keys were first added; costs a sort. */
  public Map<String, V> toMap() {
    List<Node<V>> nodes = new ArrayList<>();
    Deque<Node<V>> open = new ArrayDeque<>();
    if (root != null) {
      open.push(root);
    }
    while (!open.isEmpty()) {
      Node<V> node = open.pop();
      nodes.add(node);
      if (node.left != null) {
        open.push(node.left);
      }
      if (node.right != null) {
        open.push(node.right);
      }
    }
    nodes.sort(Comparator.comparingInt(Node::order));
    Map<String, V> map = new LinkedHashMap<>();
    nodes.forEach(node -> map.put(node.key, node.value));
    return map;
  }
}
