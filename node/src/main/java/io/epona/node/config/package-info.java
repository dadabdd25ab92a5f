/** What a node can be told: its configuration keys, their defaults for each profile, and the checks between them. */
package io.epona.node.config;
