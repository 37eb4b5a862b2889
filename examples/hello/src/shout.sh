#!/bin/sh
# Upper-cases standard input.
exec tr '[:lower:]' '[:upper:]'
