package dev.jbuild.dockerfile.ast;

/** A pair of ENV or LABEL; both words expand when planned. */
public record KeyValue(Word key, Word value) {}
