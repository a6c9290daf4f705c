# SPDX-License-Identifier: Apache-2.0

"""The makers' lab: a real Kubernetes API, Kuryr and cloud-provider-openstack over a real cloud."""
