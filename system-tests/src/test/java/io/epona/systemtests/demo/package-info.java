/** The demo as a user runs it: a process that starts a node, loads it, and judges. */
package io.epona.systemtests.demo;
