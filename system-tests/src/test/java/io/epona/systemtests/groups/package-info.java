/** Consumer groups with real clients. */
package io.epona.systemtests.groups;
