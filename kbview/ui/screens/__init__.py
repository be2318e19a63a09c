"""The screens beside the Overview. None knows another."""
